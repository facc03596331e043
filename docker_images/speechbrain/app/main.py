from inference_common import create_app

app = create_app("app.pipelines")
