from inference_common import create_app

app = create_app("pipelines")
